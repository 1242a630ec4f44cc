"""The jail, proved on real processes and on a machine that runs its filter programs."""
