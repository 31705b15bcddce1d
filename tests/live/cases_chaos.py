"""Small storms: everything that may go wrong, at random moments. The great one is chaos.py."""
from chaos import ALL, Storm, plan_of


def a_small_storm(w):
    Storm(w, plan_of()).run()


def a_storm_that_cuts_the_append_only_file(w):
    Storm(w, plan_of(seed=2, faults=["daemon", "aof", "link"], events=40000, seconds=12)).run()


def a_long_storm(w):
    Storm(w, plan_of(seed=3, events=500000, faults=[*ALL.split(","), "aof"], seconds=90, patience=200, pause=1.0)).run()


a_small_storm.long = a_storm_that_cuts_the_append_only_file.long = a_long_storm.long = True  # a crowded machine cannot keep their patience
CASES = [a_small_storm, a_storm_that_cuts_the_append_only_file, a_long_storm]
