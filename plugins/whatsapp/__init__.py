"""WhatsApp as a channel: messages delivered, judged by the windows that customers open."""
