// The Python side: arguments in, answers out. Here the functions on texts and the module itself; everything else is
// in the other files.
#include "module.h"

#include <stdlib.h>
#include <string.h>

#include "alphabet.h"
#include "index.h"
#include "text.h"

// A str or bytes as UTF-8. `kept` receives a reference that must outlive the bytes, or NULL.
static const uint8_t *utf8(PyObject *text, Py_ssize_t *size, PyObject **kept) {
    *kept = NULL;
    if (PyBytes_Check(text)) {
        *size = PyBytes_GET_SIZE(text);
        return (const uint8_t *)PyBytes_AS_STRING(text);
    }
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "a plate is str or bytes, not %.100s", Py_TYPE(text)->tp_name);
        return NULL;
    }
    const char *bytes = PyUnicode_AsUTF8AndSize(text, size);
    if (!bytes && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) { // it holds half a surrogate pair
        PyErr_Clear();
        *kept = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
        if (!*kept)
            return NULL;
        *size = PyBytes_GET_SIZE(*kept);
        bytes = PyBytes_AS_STRING(*kept);
    }
    return (const uint8_t *)bytes;
}

static PyObject *pack(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs) {
    static char *names[] = {"text", "run", NULL};
    PyObject *text, *kept;
    int run = 0;
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$p", names, &text, &run))
        return NULL;
    const uint8_t *bytes = utf8(text, &size, &kept);
    if (!bytes)
        return NULL;
    PyObject *codes = PyBytes_FromStringAndSize(NULL, size); // a symbol takes a byte or more of UTF-8
    if (codes) {
        size_t n = text_pack(bytes, (size_t)size, run, (uint8_t *)PyBytes_AS_STRING(codes), (size_t)size);
        _PyBytes_Resize(&codes, (Py_ssize_t)n);
    }
    Py_XDECREF(kept);
    return codes;
}

static PyObject *one_line(PyObject *Py_UNUSED(module), PyObject *codes) {
    if (!PyBytes_Check(codes))
        return PyErr_Format(PyExc_TypeError, "codes are bytes, not %.100s", Py_TYPE(codes)->tp_name);
    Py_ssize_t size = PyBytes_GET_SIZE(codes);
    uint8_t turned[8];
    if (size == 8) {
        memcpy(turned, PyBytes_AS_STRING(codes), 8);
        if (text_one_line(turned, 8))
            return PyBytes_FromStringAndSize((const char *)turned, 8);
    }
    return Py_NewRef(codes);
}

static PyObject *alphabet(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused)) {
    int count;
    const uint32_t *points = alphabet_points(&count);
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, points, count);
}

// Packs each text into its row. GIL held: the texts belong to Python.
static int pack_all(PyObject *const *texts, Py_ssize_t n, const uint8_t *rows, uint8_t *codes, int32_t *lengths) {
    for (Py_ssize_t i = 0; i < n; i++, codes += PLATE_SYMBOLS) {
        Py_ssize_t size;
        PyObject *kept;
        const uint8_t *bytes = utf8(texts[i], &size, &kept);
        if (!bytes)
            return -1;
        size_t length = text_pack(bytes, (size_t)size, false, codes, PLATE_SYMBOLS);
        Py_XDECREF(kept);
        if (!rows || rows[i])
            text_one_line(codes, length);
        lengths[i] = length > INT32_MAX ? INT32_MAX : (int32_t)length;
    }
    return 0;
}

static PyObject *pack_into_arrays(PyObject *tuple, const uint8_t *rows) {
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    Py_buffer codes_view, lengths_view;
    PyObject *codes = zeros("u1", n, PLATE_SYMBOLS, &codes_view);
    if (!codes)
        return NULL;
    PyObject *result = NULL, *lengths = zeros("i4", n, 1, &lengths_view);
    if (lengths) {
        if (pack_all(&PyTuple_GET_ITEM(tuple, 0), n, rows, codes_view.buf, lengths_view.buf) == 0)
            result = PyTuple_Pack(2, codes, lengths);
        PyBuffer_Release(&lengths_view);
        Py_DECREF(lengths);
    }
    PyBuffer_Release(&codes_view);
    Py_DECREF(codes);
    return result;
}

static PyObject *pack_batch(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *texts, *rows = Py_None, *result = NULL;
    if (!PyArg_ParseTuple(args, "O|O", &texts, &rows))
        return NULL;
    PyObject *tuple = PySequence_Tuple(texts);
    if (!tuple)
        return NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    Py_buffer buffer;
    if (rows == Py_None) {
        result = pack_into_arrays(tuple, NULL);
    } else if (view(rows, &buffer, "rows", "?", 1, &n) == 0) {
        result = pack_into_arrays(tuple, buffer.buf);
        PyBuffer_Release(&buffer);
    }
    Py_DECREF(tuple);
    return result;
}

static PyMethodDef functions[] = {
    {"pack", (PyCFunction)(void (*)(void))pack, METH_VARARGS | METH_KEYWORDS, "pack(text, *, run=False): symbol codes"},
    {"one_line", one_line, METH_O, "one_line(codes): a two-line plate as one line, anything else as it is"},
    {"pack_batch", pack_batch, METH_VARARGS, "pack_batch(texts, rows=None): (codes, lengths)"},
    {"alphabet", alphabet, METH_NOARGS, "alphabet(): the letters by code, beginning with code 1"},
    {NULL, NULL, 0, NULL},
};

static int add_type(PyObject *module, const char *name, PyType_Spec *spec) {
    PyObject *type = PyType_FromSpec(spec);
    if (!type)
        return -1;
    int failed = PyModule_AddObjectRef(module, name, type);
    Py_DECREF(type);
    return failed;
}

// The environment may force a way of looking up, for tests and for processors that are slow at the best one.
static int choose_probe(void) {
    const char *forced = getenv("PLATEMATCH_PROBE");
    if (index_choose(forced))
        return 0;
    PyErr_Format(PyExc_ImportError,
                 "PLATEMATCH_PROBE=%s is not possible here; it can be scalar, and avx2 where the "
                 "processor has that; or leave it out",
                 forced);
    return -1;
}

static int module_exec(PyObject *module) {
    alphabet_fill();
    if (choose_probe() < 0 || PyModule_AddStringConstant(module, "PROBE", index_chosen()) < 0)
        return -1;
    return add_type(module, "Index", &index_spec) < 0 || add_type(module, "Seen", &seen_spec) < 0 ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};

static PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "platematch._native",
    .m_doc = "Plate text to symbols, the live index of listed plates, and sets of what was seen lately.",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__native(void) {
    return PyModuleDef_Init(&module_definition);
}
