# What a newcomer finds: a first goal, and a first entry of the journal.

welcome-goal = Train three times a week
    .text = A first goal to begin with. Change it to what suits you, or delete it.

welcome-journal = Welcome to FitTracker
    .text = This journal is yours alone. After each session write down how it felt: in a month you will see what has changed.
