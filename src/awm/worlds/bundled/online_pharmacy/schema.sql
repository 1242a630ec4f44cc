CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    full_name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    phone TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    store_credit_cents INTEGER NOT NULL DEFAULT 0 CHECK (store_credit_cents >= 0),
    card_brand TEXT NOT NULL,
    card_last4 TEXT NOT NULL CHECK (length(card_last4) = 4),
    card_expires_on TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE addresses (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    label TEXT NOT NULL,
    line1 TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL CHECK (length(state) = 2),
    postal_code TEXT NOT NULL CHECK (length(postal_code) = 5),
    is_po_box INTEGER NOT NULL DEFAULT 0 CHECK (is_po_box IN (0, 1)),
    is_default INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
    UNIQUE (user_id, label)
);
CREATE UNIQUE INDEX addresses_one_default ON addresses (user_id) WHERE is_default = 1;

CREATE TABLE insurance_plans (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    deductible_cents INTEGER NOT NULL CHECK (deductible_cents >= 0),
    copay_tier1_cents INTEGER NOT NULL CHECK (copay_tier1_cents >= 0),
    copay_tier2_cents INTEGER NOT NULL CHECK (copay_tier2_cents >= 0),
    copay_tier3_cents INTEGER CHECK (copay_tier3_cents >= 0),
    copay_tier4_cents INTEGER CHECK (copay_tier4_cents >= 0)
);

CREATE TABLE patients (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    full_name TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    relation TEXT NOT NULL CHECK (relation IN ('self', 'spouse', 'child', 'parent')),
    status TEXT NOT NULL CHECK (status IN ('active', 'archived')),
    proxy_expires_on TEXT,
    plan_id INTEGER REFERENCES insurance_plans (id),
    member_number TEXT,
    coverage_ends_on TEXT,
    deductible_met_cents INTEGER NOT NULL DEFAULT 0 CHECK (deductible_met_cents >= 0),
    CHECK ((plan_id IS NULL) = (member_number IS NULL)),
    CHECK (plan_id IS NOT NULL OR coverage_ends_on IS NULL)
);
CREATE INDEX patients_by_user ON patients (user_id);

CREATE TABLE allergies (
    id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    substance TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('mild', 'moderate', 'severe')),
    reaction TEXT NOT NULL,
    recorded_on TEXT NOT NULL,
    UNIQUE (patient_id, substance)
);

CREATE TABLE clinicians (
    id INTEGER PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('prescriber', 'pharmacist')),
    full_name TEXT NOT NULL,
    specialty TEXT NOT NULL,
    state TEXT NOT NULL CHECK (length(state) = 2),
    licence_number TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    prescribes_controlled INTEGER NOT NULL DEFAULT 0 CHECK (prescribes_controlled IN (0, 1)),
    languages TEXT NOT NULL,
    shift_start TEXT,
    shift_end TEXT,
    CHECK ((role = 'pharmacist') = (shift_start IS NOT NULL)),
    CHECK ((role = 'pharmacist') = (shift_end IS NOT NULL)),
    CHECK (shift_start IS NULL OR shift_start < shift_end)
);

CREATE TABLE medications (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    ingredient TEXT NOT NULL,
    drug_class TEXT NOT NULL,
    strength TEXT NOT NULL,
    form TEXT NOT NULL CHECK (
        form IN ('tablet', 'capsule', 'liquid', 'inhaler', 'injection', 'cream', 'drops', 'spray')
    ),
    is_brand INTEGER NOT NULL CHECK (is_brand IN (0, 1)),
    schedule TEXT NOT NULL CHECK (schedule IN ('otc', 'rx', 'II', 'III', 'IV', 'V')),
    storage TEXT NOT NULL CHECK (storage IN ('room', 'refrigerated')),
    tier INTEGER NOT NULL CHECK (tier BETWEEN 1 AND 4),
    unit_name TEXT NOT NULL,
    unit_price_cents INTEGER NOT NULL CHECK (unit_price_cents > 0),
    minimum_age INTEGER NOT NULL DEFAULT 0 CHECK (minimum_age BETWEEN 0 AND 120),
    limit_30_days INTEGER CHECK (limit_30_days > 0),
    status TEXT NOT NULL CHECK (status IN ('active', 'discontinued')),
    UNIQUE (name, strength, form)
);
CREATE INDEX medications_by_ingredient ON medications (ingredient, strength, form);

CREATE TABLE interactions (
    id INTEGER PRIMARY KEY,
    substance_a TEXT NOT NULL,
    substance_b TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('minor', 'moderate', 'major', 'contraindicated')),
    advice TEXT NOT NULL,
    UNIQUE (substance_a, substance_b),
    CHECK (substance_a < substance_b)
);

CREATE TABLE inventory_lots (
    id INTEGER PRIMARY KEY,
    medication_id INTEGER NOT NULL REFERENCES medications (id),
    lot_number TEXT NOT NULL UNIQUE,
    expires_on TEXT NOT NULL,
    quantity_on_hand INTEGER NOT NULL CHECK (quantity_on_hand >= 0),
    status TEXT NOT NULL CHECK (status IN ('available', 'quarantined', 'recalled'))
);
CREATE INDEX inventory_lots_first_expiring ON inventory_lots (medication_id, expires_on);

CREATE TABLE prescriptions (
    id INTEGER PRIMARY KEY,
    rx_number TEXT NOT NULL UNIQUE,
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    prescriber_id INTEGER NOT NULL REFERENCES clinicians (id),
    medication_id INTEGER NOT NULL REFERENCES medications (id),
    directions TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    days_supply INTEGER NOT NULL CHECK (days_supply BETWEEN 1 AND 100),
    fills_authorized INTEGER NOT NULL CHECK (fills_authorized BETWEEN 1 AND 12),
    fills_used INTEGER NOT NULL DEFAULT 0 CHECK (fills_used >= 0),
    substitution_allowed INTEGER NOT NULL CHECK (substitution_allowed IN (0, 1)),
    written_on TEXT NOT NULL,
    expires_on TEXT NOT NULL,
    last_filled_on TEXT,
    status TEXT NOT NULL CHECK (
        status IN ('active', 'on_hold', 'renewal_requested', 'discontinued', 'transferred')
    ),
    auto_refill TEXT NOT NULL DEFAULT 'off' CHECK (auto_refill IN ('off', 'on', 'paused')),
    next_auto_refill_on TEXT,
    CHECK (fills_used <= fills_authorized),
    CHECK (written_on < expires_on),
    CHECK ((auto_refill = 'on') = (next_auto_refill_on IS NOT NULL))
);
CREATE INDEX prescriptions_by_patient ON prescriptions (patient_id, status);

CREATE TABLE coupons (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('percent', 'amount', 'free_shipping')),
    value INTEGER NOT NULL CHECK (value >= 0),
    minimum_cents INTEGER NOT NULL CHECK (minimum_cents >= 0),
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    max_uses INTEGER CHECK (max_uses > 0),
    times_used INTEGER NOT NULL DEFAULT 0 CHECK (times_used >= 0),
    CHECK (starts_on <= ends_on),
    CHECK (kind <> 'percent' OR value BETWEEN 1 AND 100),
    CHECK (max_uses IS NULL OR times_used <= max_uses)
);

CREATE TABLE shipping_methods (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    free_from_cents INTEGER CHECK (free_from_cents > 0),
    min_days INTEGER NOT NULL CHECK (min_days >= 0),
    max_days INTEGER NOT NULL,
    cold_chain INTEGER NOT NULL CHECK (cold_chain IN (0, 1)),
    signature INTEGER NOT NULL CHECK (signature IN (0, 1)),
    po_box INTEGER NOT NULL CHECK (po_box IN (0, 1)),
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    CHECK (min_days <= max_days)
);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    order_number TEXT UNIQUE,
    status TEXT NOT NULL CHECK (
        status IN ('cart', 'placed', 'packed', 'shipped', 'delivered', 'cancelled', 'refunded')
    ),
    address_id INTEGER REFERENCES addresses (id),
    shipping_method_id INTEGER REFERENCES shipping_methods (id),
    coupon_id INTEGER REFERENCES coupons (id),
    items_cents INTEGER NOT NULL DEFAULT 0 CHECK (items_cents >= 0),
    plan_pays_cents INTEGER NOT NULL DEFAULT 0 CHECK (plan_pays_cents >= 0),
    discount_cents INTEGER NOT NULL DEFAULT 0 CHECK (discount_cents >= 0),
    shipping_cents INTEGER NOT NULL DEFAULT 0 CHECK (shipping_cents >= 0),
    total_cents INTEGER NOT NULL DEFAULT 0 CHECK (total_cents >= 0),
    created_at TEXT NOT NULL,
    placed_at TEXT,
    shipped_at TEXT,
    delivered_at TEXT,
    cancelled_at TEXT,
    CHECK (total_cents = items_cents - plan_pays_cents - discount_cents + shipping_cents),
    CHECK ((status = 'cart') = (order_number IS NULL)),
    CHECK ((status = 'cart') = (placed_at IS NULL)),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    CHECK ((status IN ('delivered', 'refunded')) = (delivered_at IS NOT NULL))
);
CREATE UNIQUE INDEX orders_one_cart ON orders (user_id) WHERE status = 'cart';
CREATE INDEX orders_by_user ON orders (user_id, placed_at);

CREATE TABLE order_lines (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    medication_id INTEGER NOT NULL REFERENCES medications (id),
    prescription_id INTEGER REFERENCES prescriptions (id),
    lot_id INTEGER REFERENCES inventory_lots (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price_cents INTEGER NOT NULL CHECK (unit_price_cents > 0),
    gross_cents INTEGER NOT NULL,
    deductible_cents INTEGER NOT NULL DEFAULT 0 CHECK (deductible_cents >= 0),
    plan_pays_cents INTEGER NOT NULL DEFAULT 0 CHECK (plan_pays_cents >= 0),
    discount_cents INTEGER NOT NULL DEFAULT 0 CHECK (discount_cents >= 0),
    you_pay_cents INTEGER NOT NULL CHECK (you_pay_cents >= 0),
    previous_fill_on TEXT,
    refunded_cents INTEGER NOT NULL DEFAULT 0 CHECK (refunded_cents >= 0),
    refund_reason TEXT CHECK (refund_reason IN ('damaged', 'wrong_product', 'not_needed')),
    UNIQUE (order_id, prescription_id),
    CHECK (gross_cents = quantity * unit_price_cents),
    CHECK (you_pay_cents = gross_cents - plan_pays_cents - discount_cents),
    CHECK (refunded_cents <= you_pay_cents),
    CHECK ((refunded_cents > 0) = (refund_reason IS NOT NULL))
);
CREATE INDEX order_lines_by_order ON order_lines (order_id);
CREATE INDEX order_lines_by_patient ON order_lines (patient_id, medication_id);

CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    kind TEXT NOT NULL CHECK (kind IN ('charge', 'refund')),
    method TEXT NOT NULL CHECK (method IN ('card', 'store_credit')),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    note TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX payments_by_order ON payments (order_id);

CREATE TABLE consultations (
    id INTEGER PRIMARY KEY,
    pharmacist_id INTEGER NOT NULL REFERENCES clinicians (id),
    patient_id INTEGER NOT NULL REFERENCES patients (id),
    topic TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('booked', 'completed', 'cancelled', 'no_show')),
    created_at TEXT NOT NULL,
    CHECK (starts_at < ends_at)
);
CREATE INDEX consultations_by_pharmacist ON consultations (pharmacist_id, starts_at);
CREATE INDEX consultations_by_patient ON consultations (patient_id, starts_at);
