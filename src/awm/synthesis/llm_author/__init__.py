"""The author that asks a language model: the seven stages, one repair loop, proof by agents."""
