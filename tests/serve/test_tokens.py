"""Who may come in: tokens open, near misses do not, and nothing gives one away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from awm.errors import UsageError
from awm.serve.tokens import ANYBODY, Tokens, read_tokens

SECRET = "0123456789abcdef-secret"
OTHER = "fedcba9876543210-secret"


def test_without_tokens_anybody_may_come_in():
    assert Tokens().owner(None) == ANYBODY
    assert Tokens().owner("whatever") == ANYBODY
    assert not Tokens()


def test_each_token_has_an_owner_of_its_own_whose_name_does_not_give_it_away():
    tokens = Tokens([SecretStr(SECRET), SecretStr(OTHER)])
    one, other = tokens.owner(SECRET), tokens.owner(OTHER)
    assert one
    assert other
    assert one != other
    assert one not in SECRET
    assert SECRET not in f"{tokens!r} {vars(tokens)}"


@given(st.text().filter(lambda text: text != SECRET))
def test_anything_else_opens_nothing(offered: str):
    assert Tokens([SecretStr(SECRET)]).owner(offered) is None


def test_nothing_and_half_a_token_open_nothing():
    tokens = Tokens([SecretStr(SECRET)])
    assert tokens.owner(None) is None
    assert tokens.owner(SECRET[:-1]) is None
    assert tokens.owner(SECRET + "x") is None


@pytest.mark.parametrize("token", ["short", "", "with a space in the middle", "ünlaut-" * 4])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused_without_being_told(token: str):
    with pytest.raises(UsageError) as refused:
        Tokens([SecretStr(token)])
    assert not token or token not in str(refused.value)


def test_a_file_holds_one_token_a_line_and_comments(tmp_path):
    (tmp_path / "tokens").write_text(f"# ours\n{SECRET}\n\n  {OTHER}  \n")
    read = read_tokens(tmp_path / "tokens")
    assert [each.get_secret_value() for each in read] == [SECRET, OTHER]


def test_a_file_that_is_not_there_or_holds_none_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_tokens(tmp_path / "tokens")
    (tmp_path / "tokens").write_text("# none\n")
    with pytest.raises(UsageError, match="holds no token"):
        read_tokens(tmp_path / "tokens")
