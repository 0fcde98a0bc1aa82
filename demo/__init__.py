"""The demonstration district: invented agencies, people and facts, made by the same commands with an injected clock."""
