"""Reading conversations member by member, as several sources do; no source itself."""

from listening_etl import Malformed, NotAMention


def member(make, *given):
    """What `make` makes of one member of a conversation, or the error that says why it is no mention.

    One that is wrong, or that its author hides, loses itself and not the whole conversation.
    """
    try:
        return make(*given)
    except (NotAMention, Malformed) as reason:
        return reason
    except (TypeError, AttributeError, LookupError, ValueError) as error:
        return Malformed(f"it is not written as it should be ({type(error).__name__}: {error})")


def listed(members):
    """The members of a conversation as a list; the error of a single one is raised."""
    found = list(members)
    if len(found) == 1 and isinstance(found[0], Exception):
        raise found[0]
    return found


def together(members):
    """The members of a conversation; of a single one just that, and its error is raised."""
    found = listed(members)
    return found[0] if len(found) == 1 else found
