"""Numbers → pictures, for paper and screen: no colour says what a mark, a line style or a label does not say too.

Nothing imports this package, and with it matplotlib, until a plot is wanted.
"""

import logging

# What matplotlib has to say of its caches and fonts is no business of a person who asked for a plot.
logging.getLogger("matplotlib").addHandler(logging.NullHandler())
