"""People's votes on two answers: which pairs, in which order, and the file that they go to. Screens are in cli."""
