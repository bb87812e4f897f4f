"""Recognition: number plates in a picture, found with OpenCV and read with Tesseract; imported only when used."""

from platematch.recognition.sighted import InvalidPicture, RecognitionUnavailable, Sighted

__all__ = ["InvalidPicture", "RecognitionUnavailable", "Sighted", "recognise"]


def recognise(picture: bytes, *, max_pixels: int = 25_000_000, timeout_s: float = 10.0) -> list[Sighted]:
    """See `sight.recognise`, which brings OpenCV along: the service has pictures read in processes of their own."""
    from platematch.recognition.sight import recognise as read

    return read(picture, max_pixels=max_pixels, timeout_s=timeout_s)
