"""TextBlob, without what NLTK below it loads where it happens to be installed.

SciPy and scikit-learn, which training uses, would take two seconds and 60 MB of every start for
parts of NLTK that nobody here asks for.
"""

import sys
from typing import Any, cast

_modules = cast(dict[str, Any], sys.modules)
_unwanted = [name for name in ("scipy", "sklearn") if name not in _modules]
_modules |= dict.fromkeys(_unwanted)  # as if they were not installed
try:
    from textblob import Blobber
    from textblob.base import BaseSentimentAnalyzer, BaseTokenizer
    from textblob.en.sentiments import CONTINUOUS, PatternAnalyzer
finally:
    for _name in _unwanted:
        del _modules[_name]

__all__ = ["CONTINUOUS", "BaseSentimentAnalyzer", "BaseTokenizer", "Blobber", "PatternAnalyzer"]
