"""What attackers try, and what becomes of it: each test is a promise."""
