import gc
import subprocess
import sys

import pytest

from tinker.collector import uncollected


def test_what_is_imported_is_not_looked_at_again_and_the_collector_goes_on() -> None:
    before = gc.get_freeze_count()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_the_collector_goes_on_after_an_import_that_fails() -> None:
    with pytest.raises(ImportError), uncollected():
        raise ImportError
    gc.unfreeze()
    assert gc.isenabled()


def test_one_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_command_ends_without_a_walk_through_all_that_it_has_imported() -> None:
    asked = "import gc, atexit; from tinker import collector; atexit.register(lambda: print(gc.get_freeze_count())); "
    done = subprocess.run([sys.executable, "-c", asked + "collector.seldom()"], capture_output=True, text=True)
    assert int(done.stdout) > 1000  # exit functions run in the reverse of their order
