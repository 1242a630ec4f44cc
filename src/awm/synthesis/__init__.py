"""How worlds come to be: the stages, and the author that needs no model but a seed."""
