"""Charts: what is drawn says what it is, and brings no style or script of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from app.views import charts
from app.views.charts import Chart, Row

Draw = Callable[[Chart], Markup]
DRAWN: dict[str, Draw] = {
    "bars": charts.bars,
    "stacked": lambda chart: charts.bars(chart, stacked=True),
    "lines": charts.lines,
}
HOSTILE = "</title><script>alert(1)</script>\"' onload=x"


def a_chart(*rows: Sequence[int], name: str = "flows", text: str = "In") -> Chart:
    places = [f"{number} Nov" for number in range(1, len(rows[0]) + 1)]
    told = [
        Row(f"{text} {n}", row, [f"${value}.00" for value in row]) for n, row in enumerate(rows)
    ]
    return Chart(name, f"Title {text}", f"About {text}", places, places, told, str)


def drawn(draw: Draw, chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(draw(chart))


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_nothing_in_it_is_against_the_policy_of_pages(draw: Draw) -> None:
    for element in drawn(draw, a_chart(range(31), range(31), text=HOSTILE)).iter():
        assert element.tag in {"svg", "title", "desc", "g", "path", "text", "rect", "circle"}
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]
        assert "href" not in element.attrib


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_it_says_what_it_is(draw: Draw) -> None:
    picture = drawn(draw, a_chart([1, 2], name="kinds"))
    assert picture.get("role") == "img"
    named = [picture.find(f"*[@id='{id}']") for id in picture.get("aria-labelledby", "").split()]
    assert [(each.tag, each.text) for each in named if each is not None] == [
        ("title", "Title In"), ("desc", "About In")
    ]  # fmt: skip


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_each_figure_says_its_place_and_number(draw: Draw) -> None:
    picture = drawn(draw, a_chart([10, 20], [5, 6]))
    figures = [each for each in picture.iter() if each.tag in ("rect", "circle")]
    assert [each.findtext("title") for each in figures] == [
        "1 Nov · In 0: $10.00", "2 Nov · In 0: $20.00", "1 Nov · In 1: $5.00", "2 Nov · In 1: $6.00"
    ]  # fmt: skip


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_each_row_has_a_colour_of_the_stylesheet(draw: Draw) -> None:
    picture = drawn(draw, a_chart(*[[n] for n in range(1, 6)]))
    classes = {each.get("class", "") for each in picture.iter("g")}
    assert {f"series color-{number}" for number in range(charts.COLOURS)} <= classes


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_month_of_five_rows_is_small(draw: Draw) -> None:
    rows = [[10**9 + 7 * n * m for n in range(31)] for m in range(5)]
    assert len(draw(a_chart(*rows)).encode()) < 25_000


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize("rows", [([0],), ([0, 0], [0, 0]), ([-5, 3],), ([10**14],)])
def test_the_axis_goes_from_below_the_lowest_to_above_the_highest(
    draw: Draw, rows: Sequence[Sequence[int]]
) -> None:
    picture = drawn(draw, a_chart(*rows))
    axis = next(each for each in picture.iter("g") if each.get("class") == "axis y")
    marks = [int(text.text or "") for text in axis.iter("text")]
    values = [value for row in rows for value in row]
    assert marks[0] <= min(0, *values)
    assert marks[-1] >= max(1, *values)
    assert 2 <= len(marks) <= 7
    assert 0 in marks


def test_few_customers_are_counted_in_whole_ones() -> None:
    picture = drawn(charts.bars, a_chart([3, 1]))
    axis = next(each for each in picture.iter("g") if each.get("class") == "axis y")
    assert [text.text for text in axis.iter("text")] == ["0", "1", "2", "3"]


def test_on_top_of_each_other_bars_are_as_high_as_their_sum() -> None:
    picture = drawn(DRAWN["stacked"], a_chart([30], [40]))
    axis = next(each for each in picture.iter("g") if each.get("class") == "axis y")
    assert int([text.text or "" for text in axis.iter("text")][-1]) >= 70


def test_a_year_of_days_has_few_marks_and_the_last_among_them() -> None:
    picture = drawn(charts.lines, a_chart([1] * 365))
    axis = next(each for each in picture.iter("g") if each.get("class") == "axis x")
    marks = [text.text for text in axis.iter("text")]
    assert len(marks) <= 7
    assert marks[-1] == "365 Nov"


def test_numbers_in_texts_are_left_as_they_are() -> None:
    assert "$1.00" in re.sub(r"\s", "", charts.bars(a_chart([1])))
