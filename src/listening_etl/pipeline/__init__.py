"""The seven steps, plain functions that a person, the command line or Airflow calls."""
