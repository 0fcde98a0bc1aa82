"""The process dies at every step of writing, many hundred times: `./run drill kills --sqlite 1000 --postgres 300`.

It imports the drills' own parts, the service and the tests' servers; nothing imports it but its test.
"""
