"""A local Discord: REST v10 on loopback, for what a publisher uses, refusing what the real server refuses.

model       what the server knows: guilds, channels, messages, attachments
wire        those values as Discord's JSON, and a request as it came in
validation  the form rules: which fields are wrong, and the errors tree that says so
mentions    who a message notifies
limits      the rate windows
state       `Discord`: every route as a pure function of the state, the call and the clock
server      thin aiohttp handlers around it
markdown    a reader of Discord's Markdown dialect
"""
