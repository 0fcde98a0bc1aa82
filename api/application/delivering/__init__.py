"""What leaves the service to reach people (R41): e-mail, made, sent and tried again; where people want it.

May import the messages, the questions they lead to, what goes on behind, and the store; asked by routes, pages and the
start of the service.
"""
