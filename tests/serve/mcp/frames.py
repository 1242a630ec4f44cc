"""Frames as hypothesis makes them up: any JSON, and what is nearly a message."""

from hypothesis import strategies as st

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)
"""Any JSON value."""

near_messages = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | values,
        "id": st.integers() | st.text(max_size=5) | values,
        "method": st.sampled_from(["ping", "tools/call"]) | values,
        "params": st.dictionaries(st.text(max_size=5), values, max_size=3) | values,
        "result": values,
        "error": values,
    },
)
"""What is nearly a message, or one."""
