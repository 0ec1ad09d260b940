"""Steps of a sale contract by what may happen in them. Source: realestate.md section 4.10."""

BEFORE_SIGN = ("appointment", "preparation", "terms", "objection", "countersign", "first-payment", "signing")
IN_FORCE = ("filing", "pickup", "performing", "paid-up", "delivered")
PAYING = ("first-payment", "signing", *IN_FORCE)
