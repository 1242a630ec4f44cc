"""The stages that write a world, each checked by executing it: tasks, schema, rows, API, code."""
