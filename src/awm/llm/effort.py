"""What a question has taken so far, and what is said of it where no answer came."""

from dataclasses import dataclass

from awm.errors import LLMUnavailableError
from awm.llm.endpoint import Endpoint
from awm.llm.refusals import sentence

__all__ = ["Effort", "LLMSilentError"]


class LLMSilentError(LLMUnavailableError):
    """Nothing came back in the time that there was: a server that is gone, or a slow model.

    The two look alike from outside. Who was answered before knows that the server is there.
    """


@dataclass(slots=True)
class Effort:
    """What one question has taken so far.

    Attributes:
        endpoint: Who is asked.
        turn: Its place in the order of all.
        failures: How many attempts have failed.
        counted: How many of them count against `Patience.attempts`: all but those that a server
            turned away because it was asked too often. They are limited by the deadline alone.
        seconds: How long it was under way or waited for the server; not how long it queued.
        fault: What happened in the last attempt that failed, as the end of a sentence about the
            server; empty where none has.
        queues: Whether it waits at the gate.
        heard: Whether anything came back so far in an attempt that did not fail.
    """

    endpoint: Endpoint
    turn: int
    failures: int = 0
    counted: int = 0
    seconds: float = 0.0
    fault: str = ""
    queues: bool = False
    heard: bool = False

    def failed(self, what: str, *, is_limit: bool) -> None:
        """Note that an attempt failed.

        Args:
            what: What happened, as the end of a sentence about the server.
            is_limit: Whether the server said that it was asked too often.
        """
        self.fault = what
        self.failures += 1
        self.counted += not is_limit

    @property
    def message(self) -> str:
        """What happened, in a sentence, where an attempt failed."""
        times = f" (asked {self.failures} times)" if self.failures > 1 else ""
        return sentence(f"{self.endpoint.shown} {self.fault}{times}")

    def given_up(self) -> LLMUnavailableError:
        """The error that says that it is not asked again."""
        return LLMUnavailableError(self.message, self._hint)

    def cut_off(self, trouble: str, *, is_there: bool) -> LLMUnavailableError | None:
        """What kept it from being answered when whoever asked had no more time.

        Args:
            trouble: Why the gate holds questions up, as the end of a sentence about the server;
                empty where it does not.
            is_there: Whether the server answered others meanwhile.

        Returns:
            An `LLMSilentError` where nothing is known to be wrong; None where the answer was
            already coming, or the server is there and takes its time.
        """
        if self.fault:
            return self.given_up()
        if self.queues and trouble:
            return LLMUnavailableError(sentence(f"{self.endpoint.shown} {trouble}"), self._hint)
        if self.heard or (is_there and not self.queues):
            return None
        did = "was busy with others" if self.queues else f"sent nothing in {self.seconds:.3g} s"
        return LLMSilentError(f"{self.endpoint.shown} {did}.", self._hint)

    @property
    def _hint(self) -> str:
        return f"Check {self.endpoint.variables[0]}, or try again later."
