"""The layout: pure geometry, checked as geometry."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff.display.layout import Box, Label, Layout, Wire, lay_out
from autodiff.display.layout.layering import assign_layers

LABEL = Label(40.0, 19.0, 17.0)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Wire]]:
    count = draw(st.integers(1, 24))
    sizes = st.sampled_from([(108.0, 79.0), (144.0, 79.0), (44.0, 28.0), (260.0, 120.0)])
    boxes = [Box(*draw(sizes)) for _ in range(count)]
    wires = []
    for target in range(1, count):
        fan_in = draw(st.integers(0, min(3, target)))
        sources = [draw(st.integers(max(0, target - 9), target - 1)) for _ in range(fan_in)]
        labelled = draw(st.booleans())
        wires += [
            Wire(s, target, rank, LABEL if labelled else None) for rank, s in enumerate(sources)
        ]
    return boxes, wires


def samples(layout: Layout, route: int) -> list[tuple[float, float]]:
    """Points along a wire."""
    points = layout.routes[route].points
    found = [points[0]]
    for index in range(1, len(points) - 2, 3):
        a, b, c, d = points[index - 1 : index + 3]
        for step in range(1, 13):
            t = step / 12
            u = 1 - t
            weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
            xs = sum(w * p[0] for w, p in zip(weights, (a, b, c, d), strict=True))
            ys = sum(w * p[1] for w, p in zip(weights, (a, b, c, d), strict=True))
            found.append((xs, ys))
    return found


def on_label(layout: Layout, route: int, label: Label, point: tuple[float, float]) -> bool:
    at = layout.routes[route].label
    assert at is not None
    across = at[1] - label.before + 1 < point[1] < at[1] + label.after - 1
    return across and abs(point[0] - at[0]) < label.along / 2 - 1


@given(graphs())
def test_boxes_do_not_touch_and_wires_go_from_box_to_box(
    graph: tuple[list[Box], list[Wire]],
) -> None:
    boxes, wires = graph
    layout = lay_out(boxes, wires)
    for a, b in itertools.combinations(layout.boxes, 2):
        apart_x = a.x + a.width <= b.x or b.x + b.width <= a.x
        assert apart_x or a.y + a.height <= b.y or b.y + b.height <= a.y
    for wire, route in zip(wires, layout.routes, strict=True):
        source, target = layout.boxes[wire.source], layout.boxes[wire.target]
        assert route.points[0] == pytest.approx(source.port)
        end = route.points[-1]
        assert end[0] == pytest.approx(target.x)
        assert target.y < end[1] < target.y + target.height
        assert len(route.points) % 3 == 1
    for box in layout.boxes:
        assert box.x >= 0 and box.x + box.width <= layout.width
        assert box.y >= 0 and box.y + box.height <= layout.height


@given(graphs())
def test_wires_pass_beside_cards_and_labels(graph: tuple[list[Box], list[Wire]]) -> None:
    boxes, wires = graph
    layout = lay_out(boxes, wires)
    for number, wire in enumerate(wires):
        points = samples(layout, number)
        for index, box in enumerate(layout.boxes):
            inside = [
                (x, y)
                for x, y in points
                if box.x + 0.5 < x < box.x + box.width - 0.5 and box.y < y < box.y + box.height
            ]
            assert not inside, (wire, index)
        for other, each in enumerate(wires):
            if each.label and layout.routes[other].label is not None and other != number:
                assert not any(on_label(layout, other, each.label, point) for point in points)


@given(graphs())
def test_labels_cover_neither_cards_nor_each_other(graph: tuple[list[Box], list[Wire]]) -> None:
    boxes, wires = graph
    layout = lay_out(boxes, wires)
    labels = [
        (
            at[0] - w.label.along / 2,
            at[1] - w.label.before,
            at[0] + w.label.along / 2,
            at[1] + w.label.after,
        )
        for w, route in zip(wires, layout.routes, strict=True)
        if w.label is not None and (at := route.label) is not None
    ]
    cards = [(b.x, b.y, b.x + b.width, b.y + b.height) for b in layout.boxes]
    for number, (x0, y0, x1, y1) in enumerate(labels):
        for a0, b0, a1, b1 in [*labels[:number], *cards]:
            assert x1 <= a0 + 0.5 or a1 <= x0 + 0.5 or y1 <= b0 + 0.5 or b1 <= y0 + 0.5


@given(graphs())
def test_the_layout_depends_on_the_graph_alone(graph: tuple[list[Box], list[Wire]]) -> None:
    boxes, wires = graph
    assert lay_out(boxes, wires) == lay_out(list(boxes), list(wires))


def test_the_main_chain_is_one_straight_line() -> None:
    # 0 -> 1 -> 2 -> 3, and a constant (4) that joins at the end
    boxes = [Box(108, 79)] * 4 + [Box(44, 28, grows=False)]
    wires = [Wire(0, 1), Wire(1, 2, 0, LABEL), Wire(4, 3, 0), Wire(2, 3, 1, LABEL)]
    layout = lay_out(boxes, wires)
    heights = {y for number in (0, 1, 3) for _, y in layout.routes[number].points}
    assert len(heights) == 1
    assert layout.boxes[4].y + layout.boxes[4].height < layout.boxes[2].y


def test_results_stand_in_the_middle_of_equal_operands() -> None:
    layout = lay_out([Box(100, 80)] * 3, [Wire(0, 2, 0), Wire(1, 2, 1)])
    upper, lower, result = (box.port[1] for box in layout.boxes)
    assert upper < lower and result == pytest.approx((upper + lower) / 2)


def test_the_first_operand_is_above_the_second() -> None:
    layout = lay_out([Box(100, 80)] * 3, [Wire(1, 2, 0), Wire(0, 2, 1)])
    assert layout.boxes[1].y < layout.boxes[0].y


@pytest.mark.parametrize("direction", ["right", "down", "left", "up"])
def test_directions_are_the_same_picture_turned(direction: str) -> None:
    boxes, wires = [Box(100, 60)] * 3, [Wire(0, 1, 0), Wire(1, 2, 0)]
    layout = lay_out(boxes, wires, direction=direction)  # type: ignore[arg-type]
    along = [(b.x if direction in ("right", "left") else b.y) for b in layout.boxes]
    assert (along == sorted(along)) is (direction in ("right", "down"))
    ends = [route.points[0] for route in layout.routes], [r.points[-1] for r in layout.routes]
    axis = 1 if direction in ("right", "left") else 0
    assert len({point[axis] for points in ends for point in points}) == 1


def test_a_value_used_along_a_chain_runs_beside_it_once() -> None:
    length = 60
    wires = [Wire(i, i + 1, 0) for i in range(length)] + [Wire(0, i, 1) for i in range(2, length)]
    layout = lay_out([Box(100, 80)] * (length + 1), wires)
    assert layout.height < 300


def test_boxes_stand_as_late_as_their_users_allow() -> None:
    layers, depth = assign_layers(4, [Wire(0, 1), Wire(1, 2), Wire(3, 2)])
    assert layers == [0, 1, 2, 1] and depth == [0, 1, 2, 0]
    with pytest.raises(ValueError, match="cycle"):
        assign_layers(2, [Wire(0, 1), Wire(1, 0)])


def test_no_box_and_one_box() -> None:
    assert lay_out([], []).boxes == []
    assert lay_out([Box(10, 10)], []).boxes[0].x == 14.0


def test_dense_layers_get_straight_lines() -> None:
    wires = [Wire(a, 8 + b, a) for a in range(8) for b in range(8)]
    layout = lay_out([Box(90, 40, grows=False)] * 16, wires)
    assert all(route.dense for route in layout.routes)
