"""A/A: equal runs against themselves. How large is the noise, what does it pass off as an effect, what does it cost?"""
