"""Descriptions that mean the same are near one another, whatever their words."""

import socket

import numpy as np
import pytest

from awm.synthesis.similarity import SIMILAR, Crowd, StaticEmbedder


def unit(*values):
    vector = np.zeros(256, dtype=np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def test_nobody_is_near_in_an_empty_crowd():
    assert Crowd().nearest(unit(1)) == -1.0


def test_the_nearest_is_the_one_with_the_largest_cosine():
    crowd = Crowd()
    crowd.add(unit(1, 0))
    crowd.add(unit(0, 1))
    assert crowd.nearest(unit(1, 0)) == pytest.approx(1)
    assert crowd.nearest(unit(3, 4)) == pytest.approx(0.8)
    assert crowd.nearest(unit(-1, -1)) < 0


def test_a_crowd_grows_beyond_its_first_size():
    crowd = Crowd()
    for number in range(700):
        crowd.add(unit(1, number))
    assert crowd.nearest(unit(1, 699)) == pytest.approx(1)
    assert crowd.nearest(unit(1, 3)) == pytest.approx(1)


@pytest.fixture(scope="module")
def embedder():
    return StaticEmbedder()


def test_a_vector_has_length_one_and_is_the_same_each_time(embedder):
    vector = embedder.embed("A library that lends tools.")
    assert vector.shape == (256,)
    assert float(vector @ vector) == pytest.approx(1, abs=1e-3)
    assert np.array_equal(vector, embedder.embed("A library that lends tools."))


def test_what_means_the_same_is_nearer_than_what_does_not(embedder):
    one = embedder.embed("A library that lends tools to its members.")
    same = embedder.embed("A lending library for tools and its members.")
    other = embedder.embed("An airline's desk for passengers with lost luggage.")
    assert float(one @ same) > SIMILAR > float(one @ other)


def test_nothing_is_asked_of_the_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert StaticEmbedder().embed("a").shape == (256,)
