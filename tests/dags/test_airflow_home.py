"""Airflow's environment on one machine."""

import sqlalchemy as sa

from listening_etl.orchestration.airflow_home import airflow_environment


def test_records_are_kept_in_the_embedded_postgresql(tmp_path):
    found = airflow_environment(tmp_path, port=18080)
    for name in ("SQL_ALCHEMY_CONN", "SQL_ALCHEMY_CONN_ASYNC"):
        url = sa.make_url(found[f"AIRFLOW__DATABASE__{name}"])
        assert (url.drivername, url.database) == ("postgresql+psycopg", "airflow")
        assert url.query["host"] == str(tmp_path / ".listening" / "postgres")
    assert found["AIRFLOW_HOME"] == str(tmp_path / ".airflow")
    assert found["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:18080"


def test_a_trial_has_records_of_its_own(tmp_path):
    found = airflow_environment(tmp_path, metadata="sqlite")
    assert found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{tmp_path}/.airflow/demo/airflow.db"
    assert found["AIRFLOW_HOME"] != airflow_environment(tmp_path)["AIRFLOW_HOME"]


def test_without_a_login_it_listens_to_this_machine_alone(tmp_path):
    found = airflow_environment(tmp_path)
    assert found["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "True"
    assert found["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path):
    first, second = airflow_environment(tmp_path), airflow_environment(tmp_path)
    assert first == second
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    assert (tmp_path / ".airflow" / "secrets.json").stat().st_mode & 0o777 == 0o600
    other = airflow_environment(tmp_path / "other")
    assert other["AIRFLOW__API_AUTH__JWT_SECRET"] != first["AIRFLOW__API_AUTH__JWT_SECRET"]


def test_the_settings_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("LISTENING_CONFIG", raising=False)
    assert airflow_environment(tmp_path)["LISTENING_CONFIG"] == str(tmp_path / "listening.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LISTENING_CONFIG", "mine.yaml")
    assert airflow_environment(tmp_path)["LISTENING_CONFIG"] == str(tmp_path / "mine.yaml")
