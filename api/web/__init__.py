"""Pages in a browser: server-rendered, in Chinese and English, without script and without anything from outside.

Imports routes' questions and all below; a page derives no rule of the Measures.
"""
