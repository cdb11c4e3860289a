"""A local Discord: REST v10 and its gateway on loopback, refusing what the real server refuses.

model         what the server knows: guilds, channels, threads, messages, attachments, reactions, followers
events        what happens, told to whoever listens
shapes        those values as Discord's JSON
wire          a request as it came in, an answer as it goes out
problems      broken fields, gathered into the tree that a refusal carries
validation    the rules of message forms
components    the rules of buttons and menus
thread_forms  the rules for threads, forum posts and changes to them
*_forms       the same for commands, and for answers that are no message
mentions      who a message notifies
limits        the rate windows
state         the server's memory, and what can be done to messages
threads       what can be done to threads and forums
reach         crossposts with their followers' copies, and pins
reactions     who reacted with what
members       who has which roles, and what they allow
direct        conversations with one person
commands      the application's commands
interactions  what people did with commands and buttons; `answering` is the bot's side of it
people        what people do, for tests and rehearsals; `deeds` are their commands and buttons
desk          what the routes share: the bot's view, its rights, answers
*_routes      the handlers, each a function of the desk and the call
routes        which handler answers a call, and in which rate window it counts
api           `Discord`: a call answered
dispatch      an event as one listener is told of it: by its intents and the bot's rights
sessions      what a listener was told, kept until it comes back
gateway       who may listen, and what happens when a connection breaks; `gateway_wire` is its websocket
server        thin aiohttp handlers around it all
markdown      a reader of Discord's Markdown dialect
"""
