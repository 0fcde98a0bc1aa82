"""Pages in a browser: server-rendered, in Chinese and English, without script and without anything from outside."""
