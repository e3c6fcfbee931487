"""Parts of an answer may be missing, or be something else."""

import pytest

from listening_etl import SourceUnreadable, dicts, json_answer, part


def test_json_is_read_and_a_page_that_says_sorry_is_refused_with_what_to_do():
    assert json_answer(b'{"a": [1, null]}') == {"a": [1, None]}
    with pytest.raises(SourceUnreadable, match=r"it is no JSON .*Check the address"):
        json_answer(b"<html>sorry</html>")


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
