"""relaxed_collector: the setting is put back, whatever overlaps."""

import gc
import threading

import pytest

import autodiff


def test_relaxed_collector_is_put_back_after_an_exception():
    before = gc.get_threshold()
    with pytest.raises(KeyError), autodiff.relaxed_collector():
        assert gc.get_threshold() != before
        raise KeyError
    assert gc.get_threshold() == before


def test_relaxed_collector_puts_the_program_s_own_setting_back():
    """A planted fault put back what had been set when the package was imported."""
    before = gc.get_threshold()
    gc.set_threshold(1000, 7, 6)
    try:
        with autodiff.relaxed_collector():
            assert gc.get_threshold()[:2] == (500_000, 10)
        assert gc.get_threshold()[:2] == (1000, 7)
    finally:
        gc.set_threshold(*before)


def test_relaxed_collector_in_threads_that_overlap_is_put_back():
    """The second thread to enter once took the first one's setting for the one to put back."""
    before = gc.get_threshold()
    entered, left = threading.Event(), threading.Event()

    def second():
        with autodiff.relaxed_collector():
            entered.set()
            left.wait(10)

    thread = threading.Thread(target=second)
    with autodiff.relaxed_collector():
        thread.start()
        entered.wait(10)
    left.set()
    thread.join()
    assert gc.get_threshold() == before
