"""Messages to people and how far in the log they have been told (R41): rows beside the log, from which no fact follows.

May import the database's room and what the access room says of people; asked by the use cases.
"""
