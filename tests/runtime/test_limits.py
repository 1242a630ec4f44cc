from awm.runtime import Limits


def test_megabytes_are_powers_of_two():
    limits = Limits(memory_mb=3, response_mb=2, database_mb=5)
    assert limits.memory_bytes == 3 * 1024 * 1024
    assert limits.response_bytes == 2 * 1024 * 1024
    assert limits.database_bytes == 5 * 1024 * 1024


def test_a_frame_holds_the_largest_answer_and_the_largest_database_at_once():
    limits = Limits(response_mb=2, database_mb=3)
    largest_character = 4  # bytes of UTF-8
    overhead_of_a_page = (4 + 512) / 512
    assert limits.frame_bytes > (
        largest_character * limits.response_bytes + overhead_of_a_page * limits.database_bytes
    )


def test_a_worker_has_room_for_a_frame():
    limits = Limits()
    assert limits.memory_bytes > limits.frame_bytes
