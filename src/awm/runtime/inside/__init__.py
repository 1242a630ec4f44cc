"""What runs inside the jail, next to a world's code: the zygote, its workers, and their parts.

Nothing here is imported by the gateway; it is reached by executing the zygote.
"""
