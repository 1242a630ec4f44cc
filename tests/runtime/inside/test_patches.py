from types import SimpleNamespace

from awm.runtime.inside.patches import Patches


def test_what_is_replaced_can_be_put_back_and_replaced_again():
    owner = SimpleNamespace(a=1, b=2)
    patches = Patches([(owner, "a", 10), (owner, "b", 20)])
    assert (owner.a, owner.b) == (1, 2)
    for _ in range(2):
        patches.apply()
        assert (owner.a, owner.b) == (10, 20)
        patches.undo()
        assert (owner.a, owner.b) == (1, 2)
