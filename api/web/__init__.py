"""Pages in a browser: server-rendered, in Chinese and English, that work without script and load nothing from outside.

Imports routes' questions and all below; a page derives no rule of the Measures.
"""
