"""Questions in the form in which the author that asks a language model puts them."""

from dataclasses import replace

from awm.llm import Message, OpenAICompatible, Question

MODEL = "test-model"


def question(prompt, *, task=None, **tags):
    """A question of a prompt, with what stands between tags.

    Args:
        prompt: Its name.
        task: A task's number and sentence.
        tags: What stands between which tags.
    """
    parts = [f"<{tag}>{text}</{tag}>" for tag, text in tags.items()]
    if task is not None:
        parts.append(f'<task number="{task[0]}">{task[1]}</task>')
    system = Message("system", f"awm prompt {prompt} v1\n\nYou write what is asked for.")
    return Question((system, Message("user", "\n\n".join(parts))))


def many(prompt, count, **tags):
    """Questions of a prompt that differ in nothing but their sampling seed."""
    return [replace(question(prompt, **tags), seed=seed) for seed in range(count)]


def client(server, patience, **others):
    """A client of a server; the test closes it."""
    return OpenAICompatible(server.url, None, MODEL, patience=patience, **others)
