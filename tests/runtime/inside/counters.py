"""Every way in which a module was seen to keep something between its calls: each `act` counts."""

COUNTERS = {
    "a global number": """
count = 0
def act():
    global count
    count += 1
    return count
""",
    "a dict": """
state = {"count": 0}
def act():
    state["count"] += 1
    return state["count"]
""",
    "a list": """
calls = []
def act():
    calls.append(None)
    return len(calls)
""",
    "a set": """
calls = set()
def act():
    calls.add(len(calls))
    return len(calls)
""",
    "a bytearray": """
calls = bytearray()
def act():
    calls.append(0)
    return len(calls)
""",
    "a deque": """
from collections import deque
calls = deque(maxlen=9)
def act():
    calls.append(None)
    assert calls.maxlen == 9
    return len(calls)
""",
    "a Counter": """
from collections import Counter
calls = Counter()
def act():
    calls["act"] += 1
    return calls["act"]
""",
    "an OrderedDict": """
from collections import OrderedDict
calls = OrderedDict(a=1)
def act():
    calls[len(calls)] = None
    return len(calls) - 1
""",
    "a defaultdict": """
from collections import defaultdict
calls = defaultdict(int)
def act():
    calls["act"] += 1
    return calls["act"]
""",
    "a defaultdict of lambdas": """
from collections import defaultdict
calls = defaultdict(lambda: defaultdict(lambda: start))
start = 0
def act():
    calls["act"]["now"] += 1
    return calls["act"]["now"]
""",
    "an alias in a default argument": """
calls = {"count": 0}
def act(calls=calls):
    calls["count"] += 1
    return calls["count"]
""",
    "a class attribute": """
class Stats:
    count = 0
def act():
    Stats.count += 1
    return Stats.count
""",
    "a mutable class attribute": """
class Stats:
    calls = []
def act():
    Stats.calls.append(None)
    return len(Stats.calls)
""",
    "a class attribute that a call makes": """
class Stats:
    pass
def act():
    Stats.count = getattr(Stats, "count", 0) + 1
    return Stats.count
""",
    "a plain object": """
class Store:
    def __init__(self):
        self.calls = []
store = Store()
def act(store=store):
    store.calls.append(None)
    return len(store.calls)
""",
    "a dataclass": """
from dataclasses import dataclass, field
@dataclass
class Store:
    calls: list = field(default_factory=list)
store = Store()
def act():
    store.calls.append(None)
    return len(store.calls)
""",
    "an object of an abstract class": """
import abc
class Base(abc.ABC):
    @abc.abstractmethod
    def add(self): ...
class Store(Base):
    count = 0
    def add(self):
        self.count += 1
        return self.count
store = Store()
def act():
    return store.add()
""",
    "a pydantic model": """
from pydantic import BaseModel
class Store(BaseModel):
    count: int = 0
store = Store()
def act(store=store):
    store.count += 1
    return store.count
""",
    "an object with a lock": """
import threading
class Store:
    def __init__(self):
        self.lock = threading.Lock()
        self.again = threading.RLock()
        self.calls = []
store = Store()
def act(store=store):
    with store.lock, store.again:
        store.calls.append(None)
        return len(store.calls)
""",
    "an object that also holds what cannot be carried": """
class Store:
    def __init__(self):
        self.lines = (line for line in ())
        self.calls = []
        self.count = 0
store = Store()
def act(store=store):
    store.calls.append(None)
    store.count += 1
    assert len(store.calls) == store.count
    return store.count
""",
    "an object in one that also holds what cannot be carried": """
class Store:
    def __init__(self):
        self.lines = (line for line in ())
        self.count = 0
class Service:
    def __init__(self):
        self.store = Store()
service = Service()
def act():
    service.store.count += 1
    return service.store.count
""",
    "the only object of its class": """
class Store:
    only = None
    def __new__(cls):
        if cls.only is None:
            cls.only = super().__new__(cls)
            cls.only.calls = []
        return cls.only
def act():
    Store().calls.append(None)
    return len(Store().calls)
""",
    "a middleware": """
from fastapi import FastAPI
class Counting:
    def __init__(self, app):
        self.app = app
        self.calls = []
app = FastAPI()
app.add_middleware(Counting)
app.middleware_stack = app.build_middleware_stack()
def act():
    counting = app.middleware_stack
    while not isinstance(counting, Counting):
        counting = counting.app
    counting.calls.append(None)
    return len(counting.calls)
""",
    "a namespace": """
import types
store = types.SimpleNamespace(count=0)
def act(store=store):
    store.count += 1
    return store.count
""",
    "a dict of a class of its own": """
class Store(dict):
    pass
store = Store(count=0)
def act():
    store["count"] += 1
    return store["count"]
""",
    "a default argument": """
def act(seen=[]):
    seen.append(1)
    return len(seen)
""",
    "a default argument by name": """
def act(*, seen={"count": 0}):
    seen["count"] += 1
    return seen["count"]
""",
    "an itertools.count": """
import itertools
numbers = itertools.count(1)
def act():
    return next(numbers)
""",
    "a global that a call makes": """
def act():
    globals()["count"] = globals().get("count", 0) + 1
    return count
""",
    "the state of the application": """
from fastapi import FastAPI
app = FastAPI()
app.state.count = 0
app.state.lines = (line for line in ())
def act():
    app.state.count += 1
    return app.state.count
""",
    "the state of the application, made by a call": """
from fastapi import FastAPI
app = FastAPI()
def act():
    app.state.count = getattr(app.state, "count", 0) + 1
    return app.state.count
""",
}
