"""What the job asks of the machine it runs on: support, memory, power, sleep, boot. Neutral: both sides may ask."""
