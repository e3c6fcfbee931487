"""Parts of an answer may be missing, or be something else."""

import pytest

from listening_etl import SourceUnreadable, dicts, json_answer, part


def test_json_is_read_and_a_page_that_says_sorry_is_refused_with_what_to_do():
    assert json_answer(b'{"a": [1, null]}') == {"a": [1, None]}
    with pytest.raises(SourceUnreadable, match=r"it is no JSON .*Check the address"):
        json_answer(b'{"a": [1')


def test_what_stands_in_the_place_of_json_is_called_by_its_name():
    for answer in (b"<html>sorry</html>", b"\n<!DOCTYPE html><title>502</title>"):
        with pytest.raises(SourceUnreadable, match="it is a web page, no JSON"):
            json_answer(answer)
    with pytest.raises(SourceUnreadable, match="it is empty"):
        json_answer(b" \n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_is_read_in_every_encoding_of_unicode(encoding):
    assert json_answer('{"a": "café 🥐"}'.encode(encoding)) == {"a": "café 🥐"}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b'{"a": 1}\n\n{"a": 2}\r\n', [{"a": 1}, {"a": 2}]),
        (b'[1]\n[2]', [[1], [2]]),
        (b'{"a": "b\nc\\ud83d", "d": NaN}', {"a": "b\nc\ud83d", "d": pytest.approx(float("nan"), nan_ok=True)}),
    ],
)  # fmt: skip
def test_json_is_read_as_files_have_it(answer, found):
    assert json_answer(answer) == found


@pytest.mark.parametrize("value", [None, "x", 3, {"a": {}}, [], ["x", None, [{}]]])
def test_there_are_no_objects_in_what_is_no_list_of_them(value):
    assert dicts(value) == []


def test_objects_of_a_list_are_found_among_others():
    assert dicts([{"a": 1}, None, "x", {}]) == [{"a": 1}, {}]


def test_a_part_is_an_object_whatever_stands_in_its_way():
    answer = {"a": {"b": {"c": 1}, "d": None, "e": [1]}}
    assert part(answer, "a", "b") == {"c": 1}
    assert part(answer) == answer
    assert [part(answer, *path) for path in (("a", "d"), ("a", "e"), ("a", "d", "x"), ("z", "b"))] == [{}] * 4
    assert part("text", "a") == {}
