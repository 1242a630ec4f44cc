"""Worlds as an environment of OpenEnv's, wire-compatible with its AWM environment.

`visit` is what a client's stay comes to, free of OpenEnv. `models`, `environment`, `sessions` and
`application` put it behind OpenEnv's server, and `client` is the other end. These five need its
package: pip install 'awm[openenv]'. Nothing else here imports them.
"""
