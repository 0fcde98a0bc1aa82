"""Mixed load of real clients on a district, and what it leaves behind: `./run drill load`, reported in bench/LOAD.md.

It imports the drills' own parts, the service and the tests' servers; nothing imports it but its test.
"""
