"""Addresses at which there is no cluster."""

import socket

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed")

import ray

from awm.errors import UsageError
from awm.ray import RayRuntime
from awm.ray.connection import Connection


@pytest.mark.parametrize("address", ["", "ray://head:10001"])
def test_what_is_no_address_of_a_cluster_is_refused_at_once(address: str) -> None:
    with pytest.raises(UsageError, match=r"address|client"):
        RayRuntime(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "no-such-host.invalid"])
async def test_an_address_where_nobody_listens_is_named_within_seconds(host: str) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nobody else takes the port, and it is not listened on
        address = f"{host}:{held.getsockname()[1]}"
        with pytest.raises(UsageError) as told:
            await Connection(address).open()
    assert repr(address) in str(told.value)
    assert "ray start --head" in str(told.value)
    assert not ray.is_initialized()


async def test_an_impossible_port_is_named_too() -> None:
    with pytest.raises(UsageError, match="no Ray cluster can be reached"):
        await Connection("127.0.0.1:99999").open()
