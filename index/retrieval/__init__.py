"""How a question is answered: candidates, ranking, whether anything answers, quotes."""
