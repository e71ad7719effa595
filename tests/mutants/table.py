"""All mistakes that are tried."""

from __future__ import annotations

from tests.mutants.by_hand import BY_HAND
from tests.mutants.of_acceptance import OF_ACCEPTANCE
from tests.mutants.of_ends import OF_ENDS
from tests.mutants.of_others import OF_OTHERS
from tests.mutants.of_turns import OF_TURNS

MUTANTS = (*OF_TURNS, *OF_ENDS, *BY_HAND, *OF_ACCEPTANCE, *OF_OTHERS)
