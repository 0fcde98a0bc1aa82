"""PostgreSQL as drills break it: one with its two logins, two that follow each other, a cluster under Patroni."""
