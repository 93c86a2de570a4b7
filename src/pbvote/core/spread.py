"""Long columns of multiplications over the workers of an executor, or here without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

from pbvote.core.group import Element, Scalar, sum_of_elements, sum_of_products

T = TypeVar("T")

CHUNK = 256  # rows in a task: some 20 to 200 ms of work


def spread(
    executor: Executor | None, function: Callable[..., T], *columns: Sequence[Any]
) -> list[T]:
    """`function` of each chunk of these equally long columns, in order.

    It must be picklable (a module's function, or a `partial` of one) and its answers must fit
    together the same way whatever the chunks: texts joined, elements added. Without an executor
    all rows are one chunk. The error of the first chunk that fails is raised.
    """
    if executor is None:
        return [function(*columns)]
    starts = range(0, len(columns[0]), CHUNK)
    tasks = [executor.submit(function, *(c[i : i + CHUNK] for c in columns)) for i in starts]
    try:
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()


def spread_sum(
    executor: Executor | None, scalars: Sequence[Scalar], elements: Sequence[Element]
) -> Element:
    """Σ k_i·P_i."""
    return sum_of_elements(spread(executor, sum_of_products, scalars, elements))
