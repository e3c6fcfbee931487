"""Records of files and tables, and how a declared mapping makes mentions of them."""

from listening_etl.records.activitypub import activity_mentions
from listening_etl.records.answers import dicts, json_answer, part
from listening_etl.records.csv_records import CsvRecords
from listening_etl.records.json_records import from_json, json_lines, refused, to_json
from listening_etl.records.mapping import RecordMapping

__all__ = [
    "CsvRecords",
    "RecordMapping",
    "activity_mentions",
    "dicts",
    "from_json",
    "json_answer",
    "json_lines",
    "part",
    "refused",
    "to_json",
]
