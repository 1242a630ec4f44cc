import sys

from awm.runtime.inside import standard_library

from .forked import in_child


def test_what_generated_code_imports_is_there_already():
    def act():
        standard_library.preload_standard_library()
        return {
            "_decimal",
            "zoneinfo",
            "sqlite3.dump",
            "email.mime.text",
            "_strptime",
            "filecmp",
        } - set(sys.modules)

    assert in_child(act) == set()


def test_time_zones_are_at_hand():
    def act():
        standard_library.preload_standard_library()
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - as a handler does

        zones = standard_library._time_zones
        return len(zones) > 300 and ZoneInfo("Europe/Berlin") in zones

    assert in_child(act)
