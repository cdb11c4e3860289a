"""A local Discord: REST v10 on loopback, for what a publisher uses, refusing what the real server refuses.

model         what the server knows: guilds, channels, threads, messages, attachments, followers
shapes        those values as Discord's JSON
wire          a request as it came in, an answer as it goes out
validation    the rules of message forms: which fields are wrong, and the errors tree that says so
thread_forms  the same for threads, forum posts and changes to them
mentions      who a message notifies
limits        the rate windows
state         the server's memory, and what can be done to messages
threads       what can be done to threads and forums
reach         crossposts with their followers' copies, and pins
desk          what the routes share: the bot's view, its rights, answers
*_routes      the routes, each a function of the desk and the call
api           `Discord`: which route answers a call, and in which rate window it counts
server        thin aiohttp handlers around it
markdown      a reader of Discord's Markdown dialect
"""
